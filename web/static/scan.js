/* The camera of the scan page: a frame a time goes to the server, which reads the code in it. Without it a photograph does the
   same. It opens no address but the one of our own that the server answers with. Nothing here is newer than Chrome 87. */
(function () {
  "use strict";
  var box = document.getElementById("camera");
  var told = document.getElementById("scan-told");
  if (!box || !navigator.mediaDevices || !navigator.mediaDevices.getUserMedia || !window.fetch) return;
  var video = box.querySelector("video");
  var canvas = document.createElement("canvas");
  var WIDTH = 640, QUALITY = 0.5, PAUSE = 350;

  function frame() {
    if (!video.videoWidth) return later();
    var scale = Math.min(1, WIDTH / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(send, "image/jpeg", QUALITY);
  }

  function later() { window.setTimeout(frame, PAUSE); }

  function send(picture) {
    if (!picture) return later();
    var form = new FormData();
    form.append("picture", picture, "frame.jpg");
    fetch(box.dataset.address, {
      method: "POST", body: form, credentials: "same-origin", headers: { "X-CSRFToken": box.dataset.token }
    }).then(function (answer) {
      return answer.ok ? answer.json() : { known: false };
    }).then(function (answer) {
      // a path of these pages and nothing else: neither another host nor a script
      if (answer.known && /^\/[^/\\]/.test(answer.address)) {
        stop();
        window.location.assign(answer.address);
      } else {
        later();
      }
    }).catch(later);
  }

  function stop() {
    if (video.srcObject) video.srcObject.getTracks().forEach(function (track) { track.stop(); });
  }

  function begin(stream) {
    video.srcObject = stream;
    box.hidden = false;
    told.textContent = told.dataset.wait;
    video.play().then(frame, later);
  }

  window.addEventListener("pagehide", stop);
  navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false })
    .then(begin, function () { told.textContent = told.dataset.denied; });
})();

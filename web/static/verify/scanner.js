// Reads the QR code of a camera's frame or of a photograph: on the device where the reader is there, else by the server.
// What is read is a text and stays one: no address in it is ever opened.

const MOST_BYTES = 32 << 20, MOST_PIXELS = 50e6, SIDE = 2000, PAUSE = 250;
const OWN = "HTTPS://";

export class Unreadable extends Error {}

let reader = null;

// Whether codes are read on the device.
export async function hasReader() {
  if (reader === null) {
    reader = load().catch(() => false);
  }
  return (await reader) !== false;
}

async function load() {
  const place = new URL("../vendor/", import.meta.url);
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("zxing-reader.js", place);
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const zxing = globalThis.ZXingWASM;
  const overrides = { locateFile: () => new URL("zxing_reader.wasm", place).href };
  await zxing.prepareZXingModule({ overrides, fireImmediately: true });
  return zxing;
}

// The text of the code in a picture, empty where there is none; of several the one that looks like ours.
async function textOf(canvas, address) {
  if (await hasReader()) {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = await (await reader).readBarcodes(pixels, { formats: ["QRCode"], tryHarder: true });
    return chosen(found.filter((code) => code.isValid).map((code) => code.text));
  }
  const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  const form = new FormData();
  form.append("picture", picture, "frame.jpg");
  const answer = await fetch(address, { method: "POST", body: form, credentials: "omit" });
  if (!answer.ok) throw new Unreadable("server");
  return (await answer.json()).text;
}

function chosen(texts) {
  return texts.find((text) => text.startsWith(OWN)) || texts[0] || "";
}

// The text of the code in a photograph.
export async function readPhotograph(file, address) {
  if (file.size > MOST_BYTES) throw new Unreadable("large");
  const head = new Uint8Array(await file.slice(0, 1 << 18).arrayBuffer());
  const size = dimensions(head);
  // Before anything is unpacked: what the head says is what the memory would have to hold.
  if (size && size[0] * size[1] > MOST_PIXELS) throw new Unreadable("large");
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Unreadable("picture");
  }
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  return textOf(drawn(picture, picture.width * scale, picture.height * scale), address);
}

function drawn(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// Width and height as the head of a PNG or a JPEG says them.
export function dimensions(head) {
  const view = new DataView(head.buffer);
  if (head.length > 24 && view.getUint32(0) === 0x89504e47) return [view.getUint32(16), view.getUint32(20)];
  if (head.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  let place = 2;
  while (place + 9 < head.length && head[place] === 0xff) {
    const mark = head[place + 1];
    if (mark >= 0xc0 && mark <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(mark)) {
      return [view.getUint16(place + 7), view.getUint16(place + 5)];
    }
    place += 2 + view.getUint16(place + 2);
  }
  return null;
}

// Looks through the camera until a code is seen or it is switched off.
export class Camera {
  constructor(video, address) {
    this.video = video;
    this.address = address;
    this.stream = null;
  }

  async open(seen) {
    const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 960 } };
    this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    this.video.srcObject = this.stream;
    this.video.hidden = false;
    await this.video.play();
    while (this.stream) {
      const { videoWidth: width, videoHeight: height } = this.video;
      const text = width ? await textOf(drawn(this.video, width, height), this.address).catch(() => "") : "";
      if (text && this.stream) {
        this.close();
        seen(text);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  close() {
    if (this.stream) this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = true;
  }
}

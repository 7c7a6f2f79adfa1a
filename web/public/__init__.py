"""The pages of the public: a code or a licence in the hand, no list to harvest."""

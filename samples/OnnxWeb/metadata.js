// What an ONNX file says of itself, as an object: ONNX Runtime in browsers does not hand it over. A file is one message in the wire format of
// Protocol Buffers; field 14 of it holds a name (1) and a text (2), as often as there are any.
export function metadata(bytes) {
  const found = {};
  for (const [field, value] of fields(bytes)) {
    if (field !== 14) continue;
    const pair = Object.fromEntries(fields(value));
    found[text(pair[1])] = text(pair[2]);
  }
  return found;
}

const text = bytes => new TextDecoder().decode(bytes ?? new Uint8Array());

function* fields(bytes) {
  let at = 0;
  const whole = () => { // seven bits a byte, the lowest first
    let value = 0, factor = 1;
    while (true) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  while (at < bytes.length) {
    const key = whole(), kind = key % 8;
    let value;
    if (kind === 0) value = whole();
    else if (kind === 2) { const length = whole(); value = bytes.subarray(at, at + length); at += length; }
    else if (kind === 5) { value = bytes.subarray(at, at + 4); at += 4; }
    else if (kind === 1) { value = bytes.subarray(at, at + 8); at += 8; }
    else throw new Error("model.onnx is no ONNX file.");
    yield [Math.floor(key / 8), value];
  }
}

import * as ort from "./node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";
import { metadata } from "./metadata.js";

ort.env.wasm.numThreads = 1; // several need a server that isolates the page

/** A model of pictures that SaveOnnx wrote. */
export class Classifier {
  static async load(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url} cannot be read: ${answer.status}. Put the file that SaveOnnx wrote beside this page.`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
    return new Classifier(session, metadata(bytes));
  }

  constructor(session, told) {
    this.session = session;
    [, this.channels, this.height, this.width] = session.inputMetadata[0].shape;
    this.classes = told.classes ? JSON.parse(told.classes) : null;
    this.resizing = told.resizing ?? "Fill";
    this.background = told.background ?? "#FFFFFF";
  }

  /** Draws a picture as the model sees it, on a canvas that then has the size of its images. */
  draw(picture, canvas) {
    [canvas.width, canvas.height] = [this.width, this.height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = this.background;
    context.fillRect(0, 0, this.width, this.height);
    context.imageSmoothingQuality = "high";
    const [across, down] = [this.width / picture.width, this.height / picture.height];
    const scale = this.resizing === "IsoPad" ? Math.min(across, down) : Math.max(across, down); // padded, or cropped to the middle
    const [width, height] = this.resizing === "Fill" ? [this.width, this.height] : [picture.width * scale, picture.height * scale];
    context.drawImage(picture, (this.width - width) / 2, (this.height - height) / 2, width, height);
    return context.getImageData(0, 0, this.width, this.height).data;
  }

  /** Classes and their probabilities, the most probable first. */
  async classify(picture, canvas) {
    const rgba = this.draw(picture, canvas), area = this.width * this.height;
    const pixels = new Float32Array(this.channels * area);
    for (let i = 0; i < area; i++) {
      const [red, green, blue] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]];
      if (this.channels === 1) pixels[i] = Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000); // luminance
      else [pixels[i], pixels[area + i], pixels[2 * area + i]] = [red, green, blue];
    }
    const image = new ort.Tensor("float32", pixels, [1, this.channels, this.height, this.width]);
    const { probabilities } = await this.session.run({ image }, ["probabilities"]);
    return Array.from(probabilities.data, (probability, i) => ({ name: this.classes?.[i] ?? `class ${i}`, probability }))
      .sort((a, b) => b.probability - a.probability);
  }
}

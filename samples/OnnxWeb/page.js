import { Classifier } from "./classifier.js";

const [canvas, result, fault] = ["canvas", "result", "fault"].map(id => document.getElementById(id));
const asked = new URLSearchParams(location.search);
let model;

async function show(blob) {
  try {
    fault.textContent = "";
    model ??= await Classifier.load("model.onnx");
    const classes = await model.classify(await createImageBitmap(blob), canvas);
    result.replaceChildren(...classes.slice(0, 5).map(({ name, probability }) => {
      const row = document.createElement("tr");
      for (const text of [name, `${(100 * probability).toFixed(1)} %`]) row.insertCell().textContent = text;
      return row;
    }));
    return { classes };
  } catch (error) {
    fault.textContent = error.message;
    return { fault: error.message };
  }
}

document.getElementById("file").addEventListener("change", event => event.target.files[0] && show(event.target.files[0]));

// ?picture=URL classifies that picture at once; &report=URL then gets the answer posted, for whoever drives the page.
if (asked.has("picture")) {
  const answer = await show(await (await fetch(asked.get("picture"))).blob());
  if (asked.has("report")) await fetch(asked.get("report"), { method: "POST", body: JSON.stringify(answer) });
}

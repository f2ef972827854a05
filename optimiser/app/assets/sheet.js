// The laboratory sheet to print.
import "./app.js";

document.getElementById("print").addEventListener("click", () => print());

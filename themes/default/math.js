// Formulas, drawn by KaTeX. Without it their source is shown.
(() => {
  for (const place of document.querySelectorAll(".math")) {
    const drawn = document.createElement("span");
    try {
      katex.render(place.textContent, drawn, {
        displayMode: place.classList.contains("math-display"),
        throwOnError: true, strict: "ignore", trust: false, maxExpand: 500, maxSize: 40,
      });
    } catch {
      continue; // a formula that is none stays as it was written
    }
    place.replaceChildren(...drawn.childNodes);
    place.classList.add("math-drawn");
    // What scrolls must be in reach of the keyboard.
    if (place.scrollWidth > place.clientWidth && place.classList.contains("math-display")) place.tabIndex = 0;
  }
})();

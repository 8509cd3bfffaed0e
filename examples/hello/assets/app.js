// Says how long the page took: the whole of it came from one folder.
addEventListener("load", () => {
  const [entry] = performance.getEntriesByType("navigation");
  if (entry) document.getElementById("time").textContent = `${Math.round(entry.domContentLoadedEventEnd)} ms`;
});

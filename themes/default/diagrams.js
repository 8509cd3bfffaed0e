// Diagrams, drawn by mermaid when they come near. Without it their source is shown.
(() => {
  const root = document.documentElement;
  const library = document.currentScript.dataset.library;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const drawn = new Map(); // what was drawn, by the source it stands for

  let loading = null;
  const load = () => {
    loading ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = () => resolve(window.mermaid);
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  };

  // mermaid reads labels as HTML to measure them. The page's policy lets nothing run there; what could is not handed over.
  const holdsMarkup = (text) =>
    /<[a-z!/?]|[&#]#?(lt|0*60|x0*3c)\b/i.test(text.replace(/<br\s*\/?>|<<\w+>>/gi, ""));

  let count = 0;
  const draw = async (source) => {
    if (holdsMarkup(source.textContent)) return;
    const mermaid = await load();
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", htmlLabels: false, suppressErrorRendering: true,
      theme: isDark() ? "dark" : "default",
      fontFamily: getComputedStyle(document.body).fontFamily,
      // A page's text chooses what is drawn, not how the page around it looks.
      secure: ["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering",
        "htmlLabels", "theme", "themeCSS", "themeVariables", "fontFamily", "altFontFamily"],
    });
    count += 1;
    const { svg } = await mermaid.render("siteDiagram" + count, source.textContent);
    const figure = drawn.get(source) || document.createElement("div");
    figure.className = "diagram";
    figure.innerHTML = svg;
    const picture = figure.firstElementChild;
    picture.setAttribute("role", "img");
    if (!picture.hasAttribute("aria-labelledby")) picture.setAttribute("aria-label", "Diagram");
    if (!drawn.has(source)) source.after(figure);
    source.hidden = true;
    drawn.set(source, figure);
  };

  // One after the other: mermaid measures text in the page.
  let work = Promise.resolve();
  const soon = (source) => { work = work.then(() => draw(source)).catch(() => { /* its source stays */ }); };

  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      soon(entry.target);
    }
  }, { rootMargin: "400px" });
  for (const source of document.querySelectorAll("pre.mermaid")) watcher.observe(source);

  const redraw = () => { for (const source of drawn.keys()) soon(source); };
  system.addEventListener("change", redraw);
  new MutationObserver(redraw).observe(root, { attributeFilter: ["data-theme"] });
})();

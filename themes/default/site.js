// Small comforts; every page works without them.
(() => {
  const root = document.documentElement;

  const toggle = document.querySelector(".theme-toggle");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => toggle.setAttribute("aria-pressed", String(isDark()));
  if (toggle) {
    toggle.hidden = false;
    show();
    system.addEventListener("change", show);
    toggle.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* holds for this page only */ }
      show();
    });
  }

  const confirmCopy = (button, text) => {
    const before = button.textContent;
    button.textContent = text;
    setTimeout(() => { button.textContent = before; }, 1600);
  };

  for (const link of document.querySelectorAll(".copy-markdown")) {
    link.addEventListener("click", async (event) => {
      if (!navigator.clipboard || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      try {
        const answer = await fetch(link.href);
        if (!answer.ok) throw new Error(String(answer.status));
        await navigator.clipboard.writeText(await answer.text());
        confirmCopy(link, link.dataset.copied);
      } catch { location.href = link.href; }
    });
  }

  if (navigator.clipboard) {
    for (const block of document.querySelectorAll(".prose pre")) {
      const code = block.querySelector("code");
      if (!code) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy-code";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(code.textContent);
          confirmCopy(button, "Copied");
        } catch { confirmCopy(button, "Not allowed"); }
      });
      const frame = document.createElement("div");
      frame.className = "code-frame";
      block.replaceWith(frame);
      frame.append(block, button);
    }
  }

  const tocLinks = [...document.querySelectorAll(".toc a")];
  if (tocLinks.length && "IntersectionObserver" in window) {
    const byId = new Map(tocLinks.map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of tocLinks) link.removeAttribute("aria-current");
        byId.get(entry.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-80px 0px -70% 0px" });
    for (const id of byId.keys()) {
      const heading = document.getElementById(id);
      if (heading) watcher.observe(heading);
    }
  }

  const sidebar = document.querySelector(".sidebar");
  const current = sidebar && sidebar.querySelector("[aria-current=page]");
  if (current) sidebar.scrollTop = current.offsetTop - sidebar.clientHeight / 3;
  if (sidebar) document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash === "#siteSidebar") location.hash = "#siteMain";
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.metaKey && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      const field = document.querySelector("#siteQuery");
      if (field) field.focus(); else location.href = "/search/";
    }
  });
})();

// Searches the site's own index: titles at once, texts as their parts arrive. Nothing leaves the browser.
(() => {
  const field = document.querySelector("#siteQuery");
  const results = document.querySelector("#siteResults");
  const status = document.querySelector(".search-status");
  if (!field) return;

  const kShown = 30;
  let pages = null;
  let loading = null;

  // Words as the index cuts them (docs/formats/search-index.md): signs of vowels and tones belong to a word, hyphens
  // do not. Accents of European letters are left out on both sides.
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  const wordsOf = (text) => fold(text).match(/[\p{L}\p{M}\p{N}\p{Pc}]+/gu) || [];
  const spaced = (text) => " " + wordsOf(text).join(" ");

  const getJson = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(address + ": " + answer.status);
    return answer.json();
  };

  const load = () => {
    loading ||= (async () => {
      const [index, list] = await Promise.all([getJson("/search/index.json"), getJson("/search/parts.json")]);
      // A release between the two answers.
      if (index.of !== list.of) throw new Error("the files belong to different releases");
      pages = index.pages.map(([title, url, summary, section, words]) => ({
        title, url, summary, section,
        inTitle: spaced(title), inWords: spaced(words), inText: "",
      }));
      search();
      await Promise.all(list.parts.map(async ({ from, path }) => {
        const texts = await getJson(path);
        texts.forEach((text, i) => { pages[from + i].inText = " " + fold(text); });
        search();
      }));
    })().catch(() => {
      loading = null;
      status.textContent = "The search index could not be loaded. Try again in a moment.";
    });
    return loading;
  };

  // A word counts when something begins with it; in writing without spaces, when it occurs.
  const spaceless = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]/;
  const has = (text, word) => text.includes(spaceless.test(word) ? word : " " + word);

  const score = (page, words) => {
    let total = 0;
    for (const word of words) {
      const points = (has(page.inTitle, word) ? 10 : 0) + (has(page.inWords, word) ? 4 : 0) + (has(page.inText, word) ? 1 : 0);
      if (!points) return 0;
      total += points + (page.inTitle === " " + word ? 20 : 0);
    }
    return total;
  };

  const line = (name, text) => {
    const made = document.createElement("p");
    made.className = name;
    made.textContent = text;
    return made;
  };

  const item = (page) => {
    const made = document.createElement("li");
    made.className = "entry";
    const link = document.createElement("a");
    link.href = page.url;
    link.textContent = page.title;
    const title = document.createElement("p");
    title.className = "entry-title";
    title.append(link);
    made.append(title);
    if (page.summary) made.append(line("entry-summary", page.summary));
    if (page.section) made.append(line("entry-meta", page.section));
    return made;
  };

  const search = () => {
    if (!pages) return;
    const words = wordsOf(field.value);
    if (!words.length) {
      results.replaceChildren();
      status.textContent = "";
      return;
    }
    const found = pages.map((page) => ({ page, points: score(page, words) })).filter((one) => one.points);
    found.sort((a, b) => b.points - a.points);
    results.replaceChildren(...found.slice(0, kShown).map((one) => item(one.page)));
    status.textContent = found.length === 0 ? "Nothing found." : found.length === 1 ? "1 page" : found.length + " pages";
  };

  let timer = 0;
  const changed = () => {
    load();
    clearTimeout(timer);
    timer = setTimeout(() => {
      history.replaceState(null, "", field.value ? "?q=" + encodeURIComponent(field.value) : location.pathname);
      search();
    }, 80);
  };

  field.addEventListener("focus", load);
  field.addEventListener("input", changed);
  field.form.addEventListener("submit", (event) => { event.preventDefault(); changed(); });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) { field.value = asked; load(); }
  field.focus();
})();

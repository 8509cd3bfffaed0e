// Before anything is painted: the colour scheme that the reader chose last time.
(() => {
  document.documentElement.classList.add("js");
  try {
    const choice = localStorage.getItem("theme");
    if (choice === "dark" || choice === "light") document.documentElement.dataset.theme = choice;
  } catch { /* storage is switched off: the system's choice holds */ }
})();

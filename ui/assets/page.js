// Gradio picks its words by the browser's language and has no Vietnamese; ours stand in place of its English.
for (const [name, value] of [["language", "en"], ["languages", ["en"]]]) {
  Object.defineProperty(Navigator.prototype, name, { get: () => value, configurable: true });
}

// Gradio says in its code that the page is English, and names parts of the conversation in English for screen readers.
const root = document.documentElement;
const speakVietnamese = () => {
  if (root.lang !== "vi") root.lang = "vi";
  const names = [["chatbot conversation", "Hội thoại"], ["user's message", "Câu hỏi"], ["bot's message", "Câu trả lời"], ["Scroll down", "Xuống cuối"]];
  for (const name of ["aria-label", "title"]) {
    for (const [english, vietnamese] of names) {
      for (const part of document.querySelectorAll(`[${name}^="${english}"]`)) part.setAttribute(name, vietnamese);
    }
  }
};

// A new question goes to the top of the conversation, when it is asked and when its answer has come, so that the
// answer is read from its beginning.
let shown = "0";
const showQuestion = () => {
  const questions = document.querySelectorAll(".cchc-question");
  const now = `${questions.length}${document.querySelector(".cchc-pending") ? " waiting" : ""}`;
  if (now === shown) return;
  shown = now;
  if (questions.length) questions[questions.length - 1].scrollIntoView({ block: "start", behavior: "smooth" });
};

new MutationObserver(() => {
  speakVietnamese();
  showQuestion();
}).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["lang", "aria-label", "title"] });

// A marker in an answer opens its source. Works on answers that come later, so it listens on the document.
document.addEventListener("click", (event) => {
  const marker = event.target.closest?.("a.cchc-marker");
  if (!marker) return;
  event.preventDefault();
  const source = document.getElementById(marker.getAttribute("href").slice(1));
  if (!source) return;
  source.open = true;
  source.scrollIntoView({ block: "center", behavior: "smooth" });
  source.querySelector("summary").focus({ preventScroll: true });
});

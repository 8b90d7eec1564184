/**
 * R26: a page that nobody looks at holds no text that could be read off a picture of it. The app switcher of a phone takes its picture
 * when the page goes out of view; by then everything is covered. What was written and where somebody was stays as it was.
 */
export function coverWhenHidden(page: Document = document): () => void {
  const look = () => page.documentElement.toggleAttribute('data-covered', page.visibilityState === 'hidden');
  page.addEventListener('visibilitychange', look);
  look();
  return () => page.removeEventListener('visibilitychange', look);
}

/** Finding by a few letters: every word typed begins a word of the text. Accents and case do not matter, nor spaces in a number. */

export function matching<T>(items: T[], query: string, textOf: (item: T) => string): T[] {
  const wanted = fold(query).split(between).filter(Boolean);
  if (wanted.length === 0) return items;
  return items.filter((item) => {
    const text = fold(textOf(item));
    const words = text.split(between);
    const digits = text.replace(/\D/g, '');
    return wanted.every(
      (part) => words.some((word) => word.startsWith(part)) || (/^\d{3,}$/.test(part) && digits.includes(part)),
    );
  });
}

/** Also in the query: "smith, john" is typed as it is read. */
const between = /[\s,.()·-]+/;

const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .replace(/\u00a0/g, ' ')
    .toLowerCase();

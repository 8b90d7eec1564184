/**
 * Characters that nobody sees and that change what is read: those that turn the direction of what follows. "give U+202E 04 U+202C mg" reads
 * as another dose than the record gets. Nothing that is sent has one, and one that comes all the same is shown as words (H16).
 *
 * The rule is that of client/marks.go; testdata/vectors/marks.json and document.json hold it for both. The signed message stays as it is.
 */

const marks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** How such a character is shown and filed. */
const inWords = '[hidden mark]';

export const showMarks = (text: string): string => text.replace(marks, inWords);

export const withoutMarks = (text: string): string => text.replace(marks, '');

/** Where the first one stands. */
export const firstMark = (text: string): number => text.search(marks);

/** Spaces, controls, format characters and the letters that are drawn as nothing. */
const unseen = /[\s\p{Z}\p{Cc}\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]/gu;

/** Nothing that anybody could see. */
export const isBlank = (text: string): boolean => text.replace(unseen, '') === '';

/** How what people wrote is drawn: the text itself, in what is kept, copied to the record or quoted, stays as it was written. */
import { keepTogether } from '../../ui/words.ts';

const lineEnd = '(?:\\r\\n|[\\n\\r\\u2028\\u2029])';
const blank = '[^\\S\\r\\n\\u2028\\u2029]*';
const manyBlankLines = new RegExp(`${lineEnd}(?:${blank}${lineEnd}){3,}`, 'g');

/** More than two blank lines in a row are two; a dose and its unit stay on one line. */
export const drawn = (text: string): string => keepTogether(text.replace(manyBlankLines, '\n\n\n'));

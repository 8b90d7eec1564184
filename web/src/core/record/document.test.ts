// @vitest-environment node
import { expect, test } from 'vitest';
import { bytesOf } from '../../crypto/bytes.ts';
import { readText } from '../../crypto/vectors/read.ts';
import { type DocumentParts, titleOf, writeDocument } from './document.ts';

/** The Go client writes the same parts in client/document_test.go. */
type Vector = Omit<DocumentParts, 'patient'> & {
  name: string;
  patient: Pick<
    DocumentParts['patient'],
    'family' | 'given' | 'title' | 'birthDate' | 'nhsNumber' | 'hospitalNumber' | 'identifiedBy' | 'issued'
  >;
  title: string;
  html: string;
};

const vectors = JSON.parse(readText('document.json')) as Vector[];

test.each(vectors)('H16 the same bytes here and in the Go client: $name', ({ title, html, patient, ...parts }) => {
  const asserted = { ...unused, ...patient };
  expect(titleOf(asserted)).toBe(title);
  expect(writeDocument({ ...parts, patient: asserted })).toBe(html);
});

/** What an assertion holds beside that is not in the document. */
const unused = {
  hospitalNumber: '',
  thread: bytesOf(32),
  requester: bytesOf(16),
} as DocumentParts['patient'];

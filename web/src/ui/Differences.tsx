import { markDifferences } from './words.ts';

/** A text with the words underlined that the others do not have. */
export function Differences({ text, others }: { text: string; others: string[] }) {
  return (
    <>
      {markDifferences(text, others).map(({ word, differs }, at) =>
        differs ? (
          <span key={at} class="differs">
            {word}
          </span>
        ) : (
          word
        ),
      )}
    </>
  );
}

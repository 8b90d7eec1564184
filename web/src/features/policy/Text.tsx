/** A policy with its facts and its text, wherever it is read. */
import type { Policy } from '../../core/contract.ts';
import { fullDate } from './words.ts';
import { blocksOf } from './text.ts';

export function PolicyText({ policy, text }: { policy: Policy; text: string }) {
  return (
    <>
      {policy.summary && (
        <section class="card" aria-labelledby="policy-changed">
          <h2 id="policy-changed">What changed</h2>
          <p>{policy.summary}</p>
        </section>
      )}
      <div class="policy__text">
        {blocksOf(text, policy.title).map((block, at) => {
          if (block.kind === 'paragraph') return <p key={at}>{block.text}</p>;
          if (block.kind === 'heading') {
            const Heading = `h${block.level}` as const;
            return <Heading key={at}>{block.text}</Heading>;
          }
          const List = block.ordered ? 'ol' : 'ul';
          return (
            <List key={at} class="points">
              {block.items.map((item, place) => (
                <li key={place}>{item}</li>
              ))}
            </List>
          );
        })}
      </div>
      <dl class="kv small">
        <div>
          <dt>In force since</dt>
          <dd>{fullDate(policy.effectiveAt)}</dd>
        </div>
        <div>
          <dt>Next review</dt>
          <dd>{fullDate(policy.reviewAt)}</dd>
        </div>
        {policy.supersedes && (
          <div>
            <dt>Takes the place of</dt>
            <dd>{policy.supersedes}</dd>
          </div>
        )}
      </dl>
    </>
  );
}

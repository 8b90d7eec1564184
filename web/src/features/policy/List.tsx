/** The policies in force, each with what is to be known of it. */
import type { Policy } from '../../core/contract.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { fullDate, standing, versionWords } from './words.ts';

export function PolicyList({ policies }: { policies: readonly Policy[] }) {
  const { now } = useClient();
  if (policies.length === 0) return <p>There are no policies here yet. They come when you have signed in.</p>;
  return (
    <ul class="list card">
      {policies.map((each) => (
        <li key={each.policy}>
          <a class="who" href={format({ at: 'policy', policy: each.policy, version: each.version })}>
            <span class="who__t">
              <b>{each.title}</b>
              <span>{versionWords(each)}</span>
              <span>
                {each.reviewAt < now.value ? 'Review overdue since ' : 'Next review '}
                {fullDate(each.reviewAt)}
              </span>
              {standing(each, now.value) && <span>{standing(each, now.value)}</span>}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

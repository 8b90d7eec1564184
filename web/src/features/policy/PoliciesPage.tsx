/** The policies that this device keeps, for who has not signed in, or has no network (R36). They are nobody's secret. */
import { useEffect, useRef } from 'preact/hooks';
import type { PolicyRef } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { Frame } from '../gate/Frame.tsx';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { PolicyList } from './List.tsx';
import { PolicyText } from './Text.tsx';
import { usePolicy } from './usePolicy.ts';
import { versionWords } from './words.ts';

export function PoliciesPage() {
  const client = useClient();
  const route = client.router.route.value;
  const one = route.at === 'policy' ? route : undefined;
  useEffect(() => void client.refreshPolicies().catch(() => undefined), []);
  const back = one ? format({ at: 'policies' }) : format({ at: 'inbox' });
  return (
    <Frame
      onSubmit={() => undefined}
      foot={
        <a class="btn btn--wide" href={back}>
          Back
        </a>
      }
    >
      {one ? <One key={`${one.policy}/${one.version}`} which={one} /> : <All />}
    </Frame>
  );
}

function All() {
  const client = useClient();
  return (
    <>
      <Title>Policies</Title>
      {client.policies.value && <PolicyList policies={client.policies.value} />}
    </>
  );
}

function One({ which }: { which: PolicyRef }) {
  const { found, text, fault } = usePolicy(which);
  return (
    <>
      <div class="stack">
        <Title>{found?.title ?? 'Policy'}</Title>
        {found && <p class="lead">{versionWords(found)}</p>}
      </div>
      <FaultBox fault={fault} />
      {found && text !== undefined && <PolicyText policy={found} text={text} />}
    </>
  );
}

function Title({ children }: { children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

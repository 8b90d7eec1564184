/**
 * The policies over what was there: the list, and one to read and accept (R36). The button that accepts can be pressed at once: it says
 * what it means, and neither a tick before it nor scrolling to the end would prove more. Closing it leaves every thread readable.
 */
import { useEffect, useRef } from 'preact/hooks';
import type { PolicyRef } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { PolicyList } from './List.tsx';
import { PolicyText } from './Text.tsx';
import { usePolicy } from './usePolicy.ts';
import { standing, versionWords } from './words.ts';

export function PolicySheets() {
  const client = useClient();
  const route = client.router.route.value;
  if (route.at === 'policy') return <One key={`${route.policy}/${route.version}`} which={route} />;
  return route.at === 'policies' ? <All /> : null;
}

function All() {
  const client = useClient();
  useEffect(() => void client.refreshPolicies().catch(() => undefined), []);
  return (
    <Sheet title="Policies" back closeLabel="Back" onClose={() => client.router.close()}>
      <p class="muted">What your organisation has laid down. They can also be read without a network.</p>
      <PolicyList policies={client.policies.value ?? []} />
    </Sheet>
  );
}

function One({ which }: { which: PolicyRef }) {
  const client = useClient();
  const task = useTask();
  const { found, text, fault } = usePolicy(which);
  const close = () => client.router.close();
  // What arrives as an emergency is not covered: the policy waits in the thread, where the composer was.
  const pressing = client.inbox.value?.some(({ urgency, unread }) => urgency === 'emergency' && unread > 0) === true;
  const pressingBefore = useRef(pressing);
  useEffect(() => {
    if (pressing && !pressingBefore.current) close();
    pressingBefore.current = pressing;
  }, [pressing]);
  const state = found && standing(found, client.now.value);

  /** The next one that has to be accepted, or back to where the person was. */
  async function goOn() {
    await client.refreshPolicies();
    const next = client.policies.peek()?.find(({ needed }) => needed);
    if (next) client.router.replace({ at: 'policy', policy: next.policy, version: next.version });
    else close();
  }
  async function accept(hash: string) {
    try {
      await client.wardline.acceptPolicy({ policy: which.policy, version: which.version, hash });
    } catch (thrown) {
      await client.refreshPolicies().catch(() => undefined);
      const newer = client.policies.peek()?.find(({ policy }) => policy === which.policy);
      if (!newer || newer.version === which.version) throw thrown;
      client.router.replace({ at: 'policy', policy: newer.policy, version: newer.version });
      return;
    }
    client.announce('Accepted.');
    await goOn();
  }

  const acceptable = found?.required === true && !found.acceptedAt && !found.asKept;
  const mayWait = acceptable && found.needed && found.graceMs > 0 && !found.deferredUntil;
  return (
    <Sheet
      title={found?.title ?? 'Policy'}
      subtitle={found && versionWords(found)}
      back={!found?.needed}
      closeLabel={found?.needed ? 'Close, read messages first' : 'Back'}
      reading="The words of the policy"
      onClose={close}
      foot={
        acceptable &&
        text !== undefined && (
          <>
            <FaultBox fault={task.fault} />
            <button
              type="button"
              class="btn btn--main btn--wide"
              aria-disabled={task.busy}
              onClick={() => task.run(() => accept(found.hash))}
            >
              I have read it and accept
            </button>
            {mayWait && (
              <>
                <button
                  type="button"
                  class="btn btn--quiet btn--wide"
                  aria-describedby="policy-wait"
                  aria-disabled={task.busy}
                  onClick={() =>
                    task.run(async () => {
                      const { until } = await client.wardline.deferPolicy(which);
                      client.announce(
                        `You will be asked again ${whenInWords(until, client.clock.now())} at the latest.`,
                      );
                      await goOn();
                    })
                  }
                >
                  On duty: ask me at the end
                </button>
                <p class="small muted policy__wait" id="policy-wait">
                  {whenInWords(client.now.value + found.graceMs, client.now.value)} at the latest
                </p>
              </>
            )}
          </>
        )
      }
    >
      {found?.needed && (
        <p class="muted">You can read every message before you accept. To write, accept it first. Emergency? Call.</p>
      )}
      {state && !found.needed && <p class="muted">{state}</p>}
      <FaultBox fault={fault} />
      {found && text !== undefined ? (
        <PolicyText policy={found} text={text} />
      ) : (
        !fault && (
          <p class="empty" role="status">
            One moment…
          </p>
        )
      )}
    </Sheet>
  );
}

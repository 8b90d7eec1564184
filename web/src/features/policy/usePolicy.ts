/** The policy that an address names, with its text. */
import { useEffect, useState } from 'preact/hooks';
import type { Policy, PolicyRef } from '../../core/contract.ts';
import { asFault, type Fault } from '../../ui/fault.tsx';
import { useClient } from '../session/client.ts';

export function usePolicy({ policy, version }: PolicyRef): { found?: Policy; text?: string; fault?: Fault } {
  const client = useClient();
  const [text, setText] = useState<string>();
  const [fault, setFault] = useState<Fault>();
  const found = client.policies.value?.find((each) => each.policy === policy && each.version === version);
  useEffect(() => {
    let over = false;
    setText(undefined);
    setFault(undefined);
    const ask = async () => {
      if (!client.policies.peek()) await client.refreshPolicies();
      return client.wardline.policyText({ policy, version });
    };
    ask().then(
      (answer) => over || setText(answer.text),
      (thrown: unknown) => over || setFault(asFault(thrown)),
    );
    return () => {
      over = true;
    };
  }, [policy, version]);
  return { ...(found ? { found } : {}), ...(text === undefined ? {} : { text }), ...(fault ? { fault } : {}) };
}

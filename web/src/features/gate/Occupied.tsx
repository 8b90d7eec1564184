/** A one-time link was opened where somebody is signed in: two people must never share one browser's keys (R22). */
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { Frame } from './Frame.tsx';

export function Occupied({ name, onStay }: { name: string; onStay: () => void }) {
  const client = useClient();
  const task = useTask();
  return (
    <Frame
      onSubmit={onStay}
      foot={
        <>
          <button type="submit" class="btn btn--main btn--wide">
            Go to my messages
          </button>
          <button type="button" class="btn btn--quiet btn--wide" onClick={() => task.run(() => client.signOut())}>
            Sign out {name}
          </button>
        </>
      }
    >
      <h1>Somebody is signed in here</h1>
      <p>
        The link that you opened sets up a person on this device, and <b>{name}</b> is signed in. Sign out first, then
        open the link again. It has not been used.
      </p>
    </Frame>
  );
}

/** A link of which a part is missing. Without the fingerprint nobody could tell whose server it leads to, so it is not gone on with (P3). */
import { Frame } from './Frame.tsx';

export function CutLink({ onDone }: { onDone: () => void }) {
  return (
    <Frame onSubmit={onDone} foot={<button class="btn btn--wide">Go to Wardline</button>}>
      <h1>This link is not whole</h1>
      <p>
        A part of it is missing: a message may have cut it off, or somebody shortened it. What is missing says whose
        server it is, and without it Wardline does not go on.
      </p>
      <p>
        <b>It has not been used.</b> Scan the code on your sheet, or type the whole address with everything after the #.
        If you have no sheet, ask the service desk for one.
      </p>
    </Frame>
  );
}

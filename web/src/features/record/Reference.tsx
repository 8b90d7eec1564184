import { useState } from 'preact/hooks';
import type { Misfiled } from '../../core/contract.ts';

/** The number by which health records find the document, to read out or to copy. */
export function Reference({ misfiled }: { misfiled: Pick<Misfiled, 'reference'> }) {
  const [said, setSaid] = useState('');
  const copy = () => {
    navigator.clipboard.writeText(misfiled.reference).then(
      () => setSaid('Copied'),
      () => setSaid('Not copied: select it, or read it out'),
    );
  };
  return (
    <span class="ref">
      <span>
        Reference <span class="mono ref__n">{misfiled.reference}</span>
      </span>
      <button type="button" class="btn btn--s" data-act onClick={copy}>
        Copy the reference
      </button>
      <span class="small" role="status">
        {said}
      </span>
    </span>
  );
}

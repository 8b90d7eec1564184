/** The forms in which a decision may be put (docs/protocol.md, section 8): a table and nothing else, which screens need too. client/form.go has the same. */

export const formKinds = ['sbar', 'referral', 'result', 'plan'] as const;
export type FormKind = (typeof formKinds)[number];

type Part = { readonly name: string; readonly heading: string };

export const forms: { readonly [kind in FormKind]: { readonly title: string; readonly parts: readonly Part[] } } = {
  sbar: {
    title: 'SBAR',
    parts: [
      { name: 'situation', heading: 'Situation' },
      { name: 'background', heading: 'Background' },
      { name: 'assessment', heading: 'Assessment' },
      { name: 'recommendation', heading: 'Recommendation' },
    ],
  },
  referral: {
    title: 'Referral',
    parts: [
      { name: 'question', heading: 'Question' },
      { name: 'background', heading: 'Background' },
      { name: 'findings', heading: 'Findings so far' },
      { name: 'asked', heading: 'Asked of' },
    ],
  },
  result: {
    title: 'Result acknowledged',
    parts: [
      { name: 'result', heading: 'Result' },
      { name: 'meaning', heading: 'What it means' },
      { name: 'done', heading: 'What is done' },
      { name: 'tells', heading: 'Who tells the patient' },
    ],
  },
  plan: {
    title: 'Plan',
    parts: [
      { name: 'problem', heading: 'Problem' },
      { name: 'plan', heading: 'Plan' },
      { name: 'until', heading: 'Until when' },
      { name: 'who', heading: 'Who' },
    ],
  },
};

/** The own words of the parts, each under its heading: what a reader without forms reads. */
export function formText(kind: FormKind, parts: readonly { readonly name: string; readonly text?: string }[]): string {
  return parts
    .flatMap(({ name, text = '' }) => {
      const heading = forms[kind].parts.find((each) => each.name === name)?.heading;
      return text === '' || heading === undefined ? [] : [`${heading}\n${text}`];
    })
    .join('\n\n');
}

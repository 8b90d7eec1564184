/** The forms of a decision, for screens. A file of its own, like `marks.ts`: the contract, which the first load needs, stays as small as it was. */
export { formKinds, forms, formText } from '../crypto/form-kinds.ts';

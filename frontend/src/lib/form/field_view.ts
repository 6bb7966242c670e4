// What a row of a form shows, and what it asks of the form around it.

import type { ValueState } from "./drafts";
import type { Field } from "./schema";
import type { Wrong } from "./values";

/** A field with everything that is shown of it. */
export interface FieldView {
  field: Field;
  text: string;
  /** The value in force if it were applied now; the saved one while it cannot be read. */
  value: unknown;
  state: ValueState;
  wrong: Wrong | null;
  drafted: boolean;
  /** What became of it elsewhere while it was edited here. */
  elsewhere: { value: unknown } | null;
}

/** A form of fields. */
export interface FieldForm {
  /** Takes note of what is being typed. */
  type: (field: Field, text: string) => void;
  /** A value that is chosen and not typed is whole at once. */
  choose: (field: Field, value: unknown) => void;
  /** The field has lost the focus. */
  left: (field: Field) => void;
  /** Takes what is saved for what was typed. */
  drop: (field: Field) => void;
}

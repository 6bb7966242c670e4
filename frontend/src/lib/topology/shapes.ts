// How large cards and rings are.

import type { ServiceKind } from "../backend";
import type { Shape } from "./layout/geometry";
import type { Spacing } from "./layout/newcomers";

/** Cards with figures, or rings with the name below where the pane is narrow. */
export type Form = "cards" | "rings";

/** Up to this width of the window, rings: the same limit as the style sheets'. */
export const RINGS_UP_TO_PX = 1180;

export const RING_PX = 32;
/** Room for a ring's name, which is cut beyond it. */
export const RING_LABEL_PX = 104;

const CARD_HEIGHT_PX = 54;
const TALL_CARD_HEIGHT_PX = 110;
const NARROWEST_CARD_PX = 112;
const WIDEST_CARD_PX = 184;
/** Mean width of a letter of a card's title. */
const LETTER_PX = 6.3;

/** True when a mark fits beside the card's title. */
export const titleLeavesRoom = (title: string, w: number): boolean => title.length * LETTER_PX + 34 <= w;

export const SPACING: Record<Form, Spacing> = {
  cards: { rowGap: 28, columnGap: 54 },
  rings: { rowGap: 38, columnGap: 84 },
};

/** Customers and entry points are tall: many edges leave them, and they say more. */
export function shapeOf(
  form: Form,
  node: { name: string; title: string; kind: ServiceKind; entryPoint: boolean },
): Shape {
  if (form === "rings") return { name: node.name, w: RING_PX, h: RING_PX };
  const wanted = Math.ceil((node.title.length * LETTER_PX + 22) / 4) * 4;
  const tall = node.kind === "customers" || node.entryPoint;
  return {
    name: node.name,
    w: Math.min(WIDEST_CARD_PX, Math.max(NARROWEST_CARD_PX, wanted)),
    h: tall ? TALL_CARD_HEIGHT_PX : CARD_HEIGHT_PX,
  };
}

// Following the pointer from where it was pressed until it is let go.

/** Calls `move` with every place of the pointer; `end` once, also when the drag is cancelled. Only the main button drags. */
export function followPointer(
  event: PointerEvent & { currentTarget: HTMLElement },
  move: (moved: PointerEvent) => void,
  end: () => void = () => undefined,
): void {
  if (event.button !== 0) return;
  event.preventDefault();
  const grip = event.currentTarget;
  grip.setPointerCapture(event.pointerId);
  const ended = (): void => {
    grip.removeEventListener("pointermove", move);
    grip.removeEventListener("pointerup", ended);
    grip.removeEventListener("pointercancel", ended);
    end();
  };
  grip.addEventListener("pointermove", move);
  grip.addEventListener("pointerup", ended);
  grip.addEventListener("pointercancel", ended);
}

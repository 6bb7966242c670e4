// Drawing at most once per frame, always the newest.

/**
 * Gives a function that paints in the next frame. Asked again before that, the newer painting takes the older one's
 * place in the same frame: cancelling and asking anew would never paint while something moves in every frame.
 */
export function oncePerFrame(request: (run: () => void) => unknown): (paint: () => void) => void {
  let newest: (() => void) | null = null;
  return (paint) => {
    const waiting = newest !== null;
    newest = paint;
    if (waiting) return;
    request(() => {
      const due = newest;
      newest = null;
      due?.();
    });
  };
}

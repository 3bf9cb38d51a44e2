/**
 * When the person last asked for something in this page: a click, or Enter or Space outside an editable field. Typing and
 * dragging activate a page too (HTML Standard, user activation), but ask for nothing.
 */
const LASTS_MS = 1000;

const EDITABLE =
  "input:not([type=button],[type=submit],[type=checkbox],[type=radio],[type=reset],[type=image]),textarea,select";

const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches(EDITABLE));

export class UserActivation {
  #askedAt: number | undefined;
  /** Whether the browser has confirmed it: to open a window uses the activation up, and the other calls of the click count all the same. */
  #isConfirmed = false;
  #isTyping = false;

  constructor() {
    // In the capture phase of the window: before any handler of the page, which may call the client.
    for (const type of TYPES) addEventListener(type, this.#listener, true);
  }

  /** When the person asked, by the monotonic clock, where that still counts. */
  askedAt(): number | undefined {
    const { userActivation } = navigator as { userActivation?: UserActivationState };
    if (this.#askedAt === undefined || performance.now() - this.#askedAt > LASTS_MS) return undefined;
    // Browsers without it (Firefox before 120) say nothing beyond the event.
    this.#isConfirmed ||= userActivation?.isActive !== false;
    return this.#isConfirmed ? this.#askedAt : undefined;
  }

  close(): void {
    for (const type of TYPES) removeEventListener(type, this.#listener, true);
  }

  readonly #listener = (event: Event) => {
    // A script can make events, and no activation.
    if (!event.isTrusted) return;
    const isAsked = event.type === "click" ? this.#isClick(event as MouseEvent) : this.#isKey(event);
    this.#askedAt = isAsked ? performance.now() : undefined;
    this.#isConfirmed = false;
  };

  /** Enter in a field of a form clicks its button for the person, who has only typed. */
  #isClick({ detail }: MouseEvent): boolean {
    return detail > 0 || !this.#isTyping;
  }

  #isKey(event: Event): boolean {
    const { key } = event as KeyboardEvent;
    // Inside of a web component the target is only told by the path.
    this.#isTyping = event.type === "keydown" && isEditable(event.composedPath()[0] ?? event.target);
    return (key === "Enter" || key === " ") && !this.#isTyping;
  }
}

interface UserActivationState {
  readonly isActive: boolean;
}

/** The last of them counts: a click is the last of its pointer events. */
const TYPES = ["pointerdown", "keydown", "click"] as const;

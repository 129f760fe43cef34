const OFF = "saksi.keys.off";

/** Single-key shortcuts, which can be switched off (WCAG 2.1.4); they never act while somebody types. */
export class Keys extends HTMLElement {
  private dialog: HTMLDialogElement | null = null;
  private toast: HTMLElement | null = null;
  private went = 0;

  connectedCallback(): void {
    this.toast = document.createElement("div");
    this.toast.className = "toast";
    this.toast.setAttribute("role", "status");
    this.append(this.toast);
    document.addEventListener("keydown", this.onKey);
    document.querySelector("[data-keys-help]")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.help();
    });
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onKey);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") || isOff()) return;
    const act = Date.now() - this.went < GOING ? goTo(event.key) : this.actions[event.key];
    this.went = 0;
    if (!act) return;
    event.preventDefault();
    act();
  };

  private readonly actions: Record<string, () => void> = {
    "/": () => {
      const box = document.querySelector<HTMLInputElement>("[data-search]");
      box?.focus();
      box?.select();
    },
    "?": () => this.help(),
    s: () => void this.copyPinned(),
    j: () => step(1),
    k: () => step(-1),
    e: () => {
      const row = document.activeElement?.closest("[data-row]") ?? document.querySelector("[data-row]");
      const drawer = row?.querySelector<HTMLDetailsElement>("details[data-drawer]");
      if (drawer) drawer.open = !drawer.open;
    },
    b: () => history.back(),
    g: () => {
      this.went = Date.now();
    },
  };

  private async copyPinned(): Promise<void> {
    const link = document.querySelector<HTMLAnchorElement>("a[data-pinned]")?.href ?? location.href;
    try {
      await navigator.clipboard.writeText(link);
      this.say(`Copied: ${link}`);
    } catch {
      this.say(link);
    }
  }

  private say(text: string): void {
    if (!this.toast) return;
    this.toast.textContent = text;
    setTimeout(() => this.toast && (this.toast.textContent = ""), 6000);
  }

  private help(): void {
    this.dialog ??= this.makeDialog();
    this.dialog.showModal();
  }

  private makeDialog(): HTMLDialogElement {
    const dialog = document.createElement("dialog");
    dialog.className = "keys";
    dialog.setAttribute("aria-labelledby", "keys-title");
    const title = document.createElement("h2");
    title.id = "keys-title";
    title.textContent = "Keys";
    const list = document.createElement("dl");
    list.className = "facts";
    for (const [key, what] of [...HELP, ...places()]) {
      const term = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      term.append(kbd);
      const said = document.createElement("dd");
      said.textContent = what;
      list.append(term, said);
    }
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = isOff();
    box.addEventListener("change", () => setOff(box.checked));
    label.append(box, " Switch single keys off");
    const form = document.createElement("form");
    form.method = "dialog";
    form.className = "actions";
    const close = document.createElement("button");
    close.className = "btn";
    close.textContent = "Close";
    form.append(close);
    dialog.append(title, list, label, form);
    document.body.append(dialog);
    return dialog;
  }
}

const GOING = 2000;
const HELP: readonly (readonly [string, string])[] = [
  ["/", "Go to the search box"],
  ["j", "Next statement"],
  ["k", "Statement before"],
  ["e", "Open or close its evidence"],
  ["s", "Copy the link to exactly this page"],
  ["b", "Back"],
  ["g h", "Go to the look-up"],
  ["?", "This list"],
];

/** Where `g` and a letter lead from this page: its ways at the top, which depend on who reads. */
function places(): [string, string][] {
  const found = document.querySelectorAll<HTMLAnchorElement>("nav a[data-go]");
  return [...found].map((way) => [`g ${way.dataset["go"] ?? ""}`, `Go to: ${way.textContent ?? ""}`]);
}

function goTo(key: string): (() => void) | undefined {
  const place = /^[a-z]$/.test(key) ? document.querySelector<HTMLAnchorElement>(`a[data-go="${key}"]`) : null;
  return place === null ? undefined : () => location.assign(place.href);
}

function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + by))];
  next?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function isOff(): boolean {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

function setOff(off: boolean): void {
  try {
    if (off) localStorage.setItem(OFF, "1");
    else localStorage.removeItem(OFF);
  } catch {
    // Storage is blocked: the choice holds for this page only.
  }
}

/** The evidence drawers of an entity page: details elements that work without this; here they open by link, all at once, and on paper. */
export class Drawers extends HTMLElement {
  private readonly print = (): void => this.all(true);

  connectedCallback(): void {
    window.addEventListener("beforeprint", this.print);
    window.addEventListener("hashchange", this.openNamed);
    this.openNamed();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = this.dataset["open"] ?? "Open all evidence";
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      this.all(open);
      button.setAttribute("aria-expanded", String(open));
      button.textContent = (open ? this.dataset["close"] : this.dataset["open"]) ?? button.textContent;
    });
    this.append(button);
  }

  disconnectedCallback(): void {
    window.removeEventListener("beforeprint", this.print);
    window.removeEventListener("hashchange", this.openNamed);
  }

  private all(open: boolean): void {
    for (const drawer of document.querySelectorAll<HTMLDetailsElement>("details[data-drawer]")) drawer.open = open;
  }

  private readonly openNamed = (): void => {
    const name = location.hash.slice(1);
    if (!/^s-[0-9a-f]{64}$/.test(name)) return;
    const row = document.getElementById(name);
    const drawer = row?.querySelector<HTMLDetailsElement>("details[data-drawer]");
    if (drawer) drawer.open = true;
    row?.scrollIntoView({ block: "nearest" });
  };
}

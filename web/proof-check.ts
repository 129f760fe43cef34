import { type Step, verify } from "./proof";

/** "Can I check this myself?": fetches the proof and recomputes it here, step by step, without trusting the page. */
export class ProofCheck extends HTMLElement {
  connectedCallback(): void {
    void this.run();
  }

  private async run(): Promise<void> {
    const { proof: from, commitment, vkey } = this.dataset;
    if (!from || !commitment || !vkey) return;
    if (!globalThis.crypto?.subtle) {
      this.show("This browser offers no SHA-256 to this page (open it on localhost or over HTTPS).", []);
      return;
    }
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(from, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the proof could not be fetched (${answer.status})`);
      const steps = await verify(await answer.text(), commitment, vkey);
      const ok = steps.length > 0 && steps.every((step) => step.ok);
      this.show(ok ? "Checked in this browser: the proof holds." : "The proof does NOT hold. Do not rely on this page.", steps);
      this.dataset["verdict"] = ok ? "holds" : "fails";
    } catch (fault) {
      this.show(`The proof could not be checked: ${fault instanceof Error ? fault.message : String(fault)}`, []);
      this.dataset["verdict"] = "unchecked";
    }
    this.removeAttribute("aria-busy");
  }

  private show(verdict: string, steps: readonly Step[]): void {
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    const strong = document.createElement("strong");
    strong.className = steps.length > 0 && steps.every((step) => step.ok) ? "good" : "bad";
    strong.textContent = verdict;
    said.append(strong);
    const list = document.createElement("ol");
    for (const step of steps) {
      const item = document.createElement("li");
      const mark = document.createElement("span");
      mark.className = step.ok ? "good" : "bad";
      mark.textContent = step.what;
      item.append(mark);
      list.append(item);
    }
    this.replaceChildren(said, list);
  }
}

/** A button that asks the browser for a passkey, or to make one, and brings its answer to the node. */
export class Passkey extends HTMLElement {
  connectedCallback(): void {
    if (typeof PublicKeyCredential === "undefined" || !("parseRequestOptionsFromJSON" in PublicKeyCredential)) return;
    const label = this.dataset.make === undefined ? null : document.createElement("input");
    const button = document.createElement("button");
    const said = document.createElement("p");
    button.type = "button";
    button.className = "btn";
    button.textContent = this.dataset.words ?? "";
    said.setAttribute("role", "status");
    button.addEventListener("click", () => {
      button.disabled = true;
      said.textContent = "";
      this.run(label?.value ?? "").catch(() => {
        said.textContent = this.dataset.failed ?? "";
        button.disabled = false;
      });
    });
    if (label === null) {
      this.replaceChildren(button, said);
      return;
    }
    const field = document.createElement("label");
    label.maxLength = 80;
    field.append(`${this.dataset.label ?? ""} `, label);
    const form = document.createElement("div");
    form.className = "form";
    form.append(field, button);
    this.replaceChildren(form, said);
  }

  private async run(label: string): Promise<void> {
    const make = this.dataset.make !== undefined;
    const asked = await send(this.dataset.ask ?? "", "{}");
    const shown = make
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
    if (!(shown instanceof PublicKeyCredential)) throw new Error("no passkey");
    await send(this.dataset.send ?? "", JSON.stringify(make ? { answer: shown.toJSON(), label } : shown.toJSON()));
    location.assign(this.dataset.next ?? "/");
  }
}

async function send(path: string, body: string): Promise<any> {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

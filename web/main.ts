import "./fonts.css";
import "../src/saksi/app/web/style/tokens.css";
import "../src/saksi/app/web/style/page.css";
import { Drawers } from "./drawers";
import { Keys } from "./keys";
import { Passkey } from "./passkey";
import { ProofCheck } from "./proof-check";

customElements.define("saksi-drawers", Drawers);
customElements.define("saksi-keys", Keys);
customElements.define("saksi-passkey", Passkey);
customElements.define("saksi-proof", ProofCheck);

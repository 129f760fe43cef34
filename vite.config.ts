import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const FONTS = [
  "@fontsource-variable/inter",
  "@fontsource-variable/noto-sans-khmer",
  "@fontsource-variable/noto-sans-lao",
  "@fontsource-variable/noto-sans-thai",
  "@fontsource-variable/source-serif-4",
  "@fontsource/noto-sans-myanmar",
];

/** The licence of each bundled font goes where the font goes. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      for (const name of FONTS) {
        const source = readFileSync(`node_modules/${name}/LICENSE`, "utf-8");
        this.emitFile({ type: "asset", fileName: `licences/${name.split("/").pop()}.txt`, source });
      }
    },
  };
}

export default defineConfig({
  base: "/static/",
  publicDir: false,
  plugins: [licences()],
  build: {
    outDir: "src/saksi/app/web/static",
    emptyOutDir: true,
    assetsDir: "a",
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: false,
    rollupOptions: { input: "web/main.ts" },
  },
});

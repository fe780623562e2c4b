import { defineConfig } from "vitest/config"

/**
 * One script and one style sheet with fixed names: the build is committed, so that the wheel needs no npm, and the page that `lossatlas
 * export` writes inlines both. Nothing in the build depends on when or where it was made.
 */
export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/lossatlas/viewer/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 1_000_000,
    chunkSizeWarningLimit: 1500,
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      output: { codeSplitting: false, entryFileNames: "viewer.js", assetFileNames: "viewer[extname]" },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
})

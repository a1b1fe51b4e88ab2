import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { rmSync, readdirSync } from "node:fs";
if (process.argv[2] === "new") rmSync("/tmp/wb/space2", { recursive: true, force: true });
const child = spawn(process.execPath, ["dist/cli/main.js", "workbench", "/tmp/wb/folder", "--no-open", "--port", "0", "--workspace", "/tmp/wb/space2"]);
let out = "";
child.stderr.on("data", (d) => process.stderr.write(d));
const t0 = Date.now();
const address = await new Promise((r) => child.stdout.on("data", (d) => { out += d; const m = /http:\S+/.exec(out); if (m) r(m[0]); }));
console.log("started", Date.now() - t0);
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
const p = await b.newPage({ viewport: { width: 1280, height: 720 } });
p.on("console", (m) => console.log("console:", m.text()));
p.on("pageerror", (e) => console.log("pageerror:", e.message));
await p.goto(address);
await p.waitForTimeout(1500);
await p.screenshot({ path: "/tmp/wb/s-empty.png" });
if (process.argv[2] === "new") {
  await p.setInputFiles('input[data-pick="files"]', readdirSync("/tmp/wb/ct").map((n) => `/tmp/wb/ct/${n}`));
}
await p.waitForSelector("[data-drawn]", { timeout: 120000 });
console.log("image", Date.now() - t0);
await p.screenshot({ path: "/tmp/wb/s-image.png" });
if (process.argv[2] === "new") {
  await p.getByRole("button", { name: "Denoise" }).click();
  await p.waitForSelector("#result-title", { timeout: 240000 });
  await p.waitForTimeout(1500);
}
await p.screenshot({ path: "/tmp/wb/s-side.png" });
await p.getByRole("button", { name: "Add region" }).click().catch(()=>{});
await p.getByRole("button", { name: "Add line" }).click().catch(()=>{});
await p.locator(".frame").focus();
await p.keyboard.press("t");
await p.waitForTimeout(1500);
await p.setViewportSize({ width: 1920, height: 1080 });
await p.mouse.move(700, 500);
await p.waitForTimeout(1500);
await p.screenshot({ path: "/tmp/wb/s-three.png" });
console.log(await p.evaluate(() => location.hash));
await b.close();
child.kill("SIGINT");
await new Promise((r) => child.on("close", r));

/** Starts the page: with the data that it carries, or with the server that gave it. */

import "./style.css"
import "./app/panels.css"
import "./app/tiles.css"
import { Page } from "./app/page"
import { inlinedSource, readInlined, serverSource } from "./app/source"

const inlined = readInlined()
const source = inlined ? inlinedSource(inlined) : serverSource(new URLSearchParams(location.search).get("token") ?? "")
new Page(document.getElementById("app")!, source, inlined?.view ?? "")

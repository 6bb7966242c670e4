import { mount } from "svelte";
import App from "./App.svelte";
import { theme } from "./lib/state";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/floating.css";
import "./styles/rows.css";

theme.apply();

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no element with the id app");
mount(App, { target });

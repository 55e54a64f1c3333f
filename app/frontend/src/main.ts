import { mount } from "svelte";
import App from "./App.svelte";
import "./styles/base.css";
import "./styles/content.css";
import "./styles/forms.css";
import "./styles/output.css";

mount(App, { target: document.getElementById("app")! });

/** Starts the studio in the page. */
import '@fontsource-variable/inter/index.css';
import '../ui/tokens.css';
import '../ui/base.css';
import { mount } from 'svelte';
import { Connection } from '../api/connection.svelte.ts';
import { dialEngine } from '../api/dial.ts';
import App from './App.svelte';

const connection = new Connection(dialEngine);
mount(App, { target: document.getElementById('app')!, props: { connection } });
void connection.open();

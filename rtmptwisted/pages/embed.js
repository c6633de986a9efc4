// The player alone.

import { Player, streamURL, wantedTransport } from "./player.js";

const name = document.documentElement.dataset.stream;
const player = new Player(name, streamURL(name, ".flv"), wantedTransport());
document.body.append(player.element);
player.start();

// Entry: starts each feature on the elements that ask for it, and again on whatever is swapped in later.
import { start as autosave } from "./autosave.js";
import { start as due } from "./due.js";
import { start as filter } from "./filter.js";
import { start as inbox } from "./inbox.js";
import { start as live } from "./live.js";
import { start as menus } from "./menus.js";
import { start as news } from "./news.js";
import { start as picker } from "./picker.js";
import { start as present } from "./present.js";
import { start as refresh } from "./refresh.js";
import { start as rows } from "./rows.js";
import { start as small } from "./small.js";
import { start as theme } from "./theme.js";
import { start as upload } from "./upload.js";
import { start as viewer } from "./viewer.js";

const FEATURES = [menus, theme, small, picker, rows, filter, autosave, upload, live, inbox, news, refresh, due, viewer, present];

function startAll(root) {
  for (const feature of FEATURES) {
    try {
      feature(root);
    } catch (error) {
      console.error(error); // one feature that fails takes no other with it
    }
  }
}

document.documentElement.classList.add("has-script");
startAll(document);
document.addEventListener("hub:swapped", (event) => startAll(event.target));

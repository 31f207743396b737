// Photographs go up one by one as they are chosen or dropped, each with its progress. They are never kept in the tab.
import { saveNow } from "./autosave.js";
import { csrf, fresh, say } from "./dom.js";

function post(url, file, token, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("csrfmiddlewaretoken", token);
    body.append("photograph", file);
    request.open("POST", url);
    request.setRequestHeader("X-Requested-With", "fetch");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress(event.loaded / event.total));
    request.addEventListener("load", () => {
      const astray = new URL(request.responseURL, location.href).pathname.startsWith("/accounts/");
      if (request.status >= 200 && request.status < 300 && !astray) resolve(request.responseText);
      else reject(new Error(request.status === 400 || request.status === 413 ? request.responseText : ""));
    });
    request.addEventListener("error", () => reject(new Error("")));
    request.send(body);
  });
}

class Upload {
  constructor(root) {
    this.root = root;
    this.tiles = root.querySelector("[data-uploads]");
    this.queue = Promise.resolve();
    for (const input of root.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        const files = [...input.files];
        input.value = "";
        this.add(files);
      });
    }
    for (const kind of ["dragover", "dragleave", "drop"]) {
      root.addEventListener(kind, (event) => {
        event.preventDefault();
        root.classList.toggle("is-over", kind === "dragover");
        if (kind === "drop") this.add([...event.dataTransfer.files]);
      });
    }
  }

  add(files) {
    for (const file of files) {
      const tile = this.tile(file);
      this.queue = this.queue.then(() => this.send(file, tile));
    }
  }

  tile(file) {
    const tile = document.createElement("div");
    tile.className = "uploading";
    tile.setAttribute("role", "status");
    const said = document.createElement("span");
    said.textContent = say(this.root, "sending", file.name);
    const bar = Object.assign(document.createElement("progress"), { className: "progress", max: 1, value: 0 });
    bar.setAttribute("aria-label", said.textContent);
    tile.append(said, bar);
    this.tiles.insertBefore(tile, this.tiles.lastElementChild);
    return tile;
  }

  async send(file, tile) {
    try {
      if (!this.root.dataset.upload) await saveNow(this.root.closest("form"));
      if (!this.root.dataset.upload) throw new Error("");
      const html = await post(this.root.dataset.upload, file, csrf(this.root), (share) => { tile.querySelector("progress").value = share; });
      tile.insertAdjacentHTML("beforebegin", html);
      const made = tile.previousElementSibling;
      tile.remove();
      made?.dispatchEvent(new CustomEvent("hub:swapped", { bubbles: true }));
      this.root.dispatchEvent(new CustomEvent("hub:uploaded", { bubbles: true }));
    } catch (error) {
      this.failed(file, tile, error.message);
    }
  }

  // The server's own sentence where it gave one; a press tries again.
  failed(file, tile, reason) {
    tile.classList.add("uploading--failed");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "usa-button usa-button--unstyled";
    const plain = new DOMParser().parseFromString(reason, "text/html").body.textContent.trim();
    again.textContent = plain && plain.length < 300 ? plain : say(this.root, "failed", file.name);
    again.addEventListener("click", () => {
      tile.remove();
      this.add([file]);
    });
    tile.replaceChildren(again);
  }
}

export function start(root) {
  for (const element of fresh(root, "[data-upload]", "Upload")) new Upload(element);
}

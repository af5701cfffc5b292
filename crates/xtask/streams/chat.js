/**
 * `useChat` without React: the chat of the AI SDK over its own transport, as a page would have it.
 */
export function makeChat(sdk, { baseUrl, token, id, messages = [], fetch = globalThis.fetch }) {
  class Chat extends sdk.AbstractChat {
    constructor() {
      const state = {
        status: "ready",
        error: undefined,
        messages,
        pushMessage(message) {
          this.messages = this.messages.concat(message);
        },
        popMessage() {
          this.messages = this.messages.slice(0, -1);
        },
        replaceMessage(index, message) {
          this.messages = this.messages.with(index, structuredClone(message));
        },
        snapshot: structuredClone,
      };
      const transport = new sdk.DefaultChatTransport({
        api: `${baseUrl}/api/me/chat`,
        headers: () => ({ Authorization: `Bearer ${token}` }),
        fetch,
      });
      super({ id, state, transport, onError: () => {} });
    }
  }
  return new Chat();
}

/** A page's chat with the service, for `ai` 7 and 6. Copy this file. */
import { AbstractChat, DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import type { ChatInit, UIMessage } from "ai";

/** What the service says of an answer in its `metadata`. */
export interface Turn {
  turn_id?: string;
  status?: "completed" | "waiting" | "failed" | "cancelled" | "interrupted";
  problem?: { code: string; request_id?: string };
}
export type TodoMessage = UIMessage<Turn>;

/** One person's chats. `token` is asked before each request, so it may change. */
export function connect(baseUrl: string, token: () => string) {
  const api = `${baseUrl}/api/me/chat`;
  const headers = () => ({ Authorization: `Bearer ${token()}` });
  return {
    /** `useChat({ id, messages: await load(id), resume: true, ...options })` */
    options: {
      transport: new DefaultChatTransport<TodoMessage>({
        api,
        headers,
        // The service has the earlier messages.
        prepareSendMessagesRequest: ({ id, messages, trigger, messageId, body }) => ({
          body: { ...body, id, messages: messages.slice(-1), trigger, messageId },
        }),
      }),
      // A decision is sent as soon as it is made, by `addToolApprovalResponse`.
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    },
    /** The messages of a chat; none if it has not begun. */
    async load(id: string): Promise<TodoMessage[]> {
      const answer = await fetch(`${api}/${id}`, { headers: headers() });
      if (!answer.ok && answer.status !== 404) throw new Error(await answer.text());
      return answer.ok ? (await answer.json()).messages : [];
    },

    /** Stops the turn that answers. Read on: its stream then ends, and says what was done. */
    async stop(id: string): Promise<void> {
      const answer = await fetch(`${api}/${id}/stop`, { method: "POST", headers: headers() });
      if (!answer.ok) throw new Error(await answer.text());
    },
  };
}

/** `useChat` without a framework: React, Vue, Svelte and Angular have a class like this one. */
export class Chat extends AbstractChat<TodoMessage> {
  constructor({ messages = [], ...init }: ChatInit<TodoMessage>) {
    const state = {
      status: "ready" as const,
      error: undefined,
      messages,
      pushMessage(message: TodoMessage) { this.messages = this.messages.concat(message); },
      popMessage() { this.messages = this.messages.slice(0, -1); },
      replaceMessage(at: number, message: TodoMessage) { this.messages = this.messages.with(at, structuredClone(message)); },
      snapshot: structuredClone,
    };
    super({ ...init, state });
  }
}

"""Reading: text becomes segments in a process of its own beside each worker, where its death costs nobody else.

    SpeechStream ── RemotePlan.next ──▶ ReaderPool ── one call at a time ──▶ reader process (`serve`): Planner.next
                                           └── it died, or took too long ──▶ another goes on from the last `Progress`

Normalisation and G2P put a client's text through native code and rules by the hundred. A crash or a hang there is its
sender's error. A reader process keeps nothing that another could not go on from, so nobody else notices.
"""

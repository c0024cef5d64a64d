"""The app's actions that open a screen or a dialog. What they need is imported with the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["ScreenActions"]


# A mixin, as Textual takes the styles and bindings of a class from its first base that is a node.
class ScreenActions:
    """For the app, which is a Cockpit."""

    def action_go_to(self: Cockpit) -> None:
        from claude_tui.tui.screens.go_to import go_to

        go_to(self)

    def action_copy(self: Cockpit) -> None:
        from claude_tui.tui.screens.copying import copy_state

        copy_state(self)

    def action_decide(self: Cockpit) -> None:
        from claude_tui.tui.screens.walk import open_walker

        open_walker(self)

    def action_act(self: Cockpit) -> None:
        from claude_tui.tui.screens.playbook import open_playbook

        open_playbook(self)

    def action_first_five(self: Cockpit) -> None:
        from claude_tui.tui.screens.first_five import open_first_five

        open_first_five(self)

    def action_incident(self: Cockpit) -> None:
        from claude_tui.tui.screens.incident import open_incident

        open_incident(self)

    def action_postmortem(self: Cockpit) -> None:
        from claude_tui.tui.screens.postmortem import open_postmortem

        open_postmortem(self)

    def action_acknowledge(self: Cockpit) -> None:
        from claude_tui.tui.screens.acknowledge import acknowledge

        acknowledge(self)

    def action_snooze(self: Cockpit) -> None:
        from claude_tui.tui.screens.acknowledge import snooze

        snooze(self)

    def action_set_severity(self: Cockpit) -> None:
        from claude_tui.tui.screens.acknowledge import set_severity

        set_severity(self)

    def action_history(self: Cockpit) -> None:
        from claude_tui.tui.screens.history import open_history

        open_history(self)

    def action_war_room(self: Cockpit) -> None:
        from claude_tui.tui.screens.war_room import toggle_war_room

        toggle_war_room(self)

    def action_theme(self: Cockpit) -> None:
        from claude_tui.tui.screens.themes import choose_theme

        choose_theme(self)

    def action_help(self: Cockpit) -> None:
        from claude_tui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen())

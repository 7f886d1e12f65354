"""What is known to go wrong between a wish to cancel and its end, and the tests that show how the desk takes it.

Parts: A, whether the goods really stopped; B, money; C, messages. A test is named by its file under tests/ and its function.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """``shown_by`` are tests; ``why_not`` says why the case cannot arise, "" where tests show it."""

    name: str
    what: str
    shown_by: tuple[str, ...] = ()
    why_not: str = ""


CATALOGUE = (
    Failure(
        "A1",
        "the store says unfulfilled while the warehouse has picked",
        (
            "statemachines/test_answers.py::test_a_reading_older_than_the_limit_is_unknown",
            "statemachines/test_answers.py::test_an_unknown_pick_state_is_never_taken_for_unpicked",
            "statemachines/test_paths.py::test_a_picked_order_is_held_pulled_and_stopped",
        ),
    ),
    Failure(
        "A2",
        "a warehouse says yes and cancels nothing",
        (
            "statemachines/test_answers.py::test_a_false_ok_is_found_by_reading_again",
            "contract/test_shiphero.py::test_a_false_ok_is_no_more_than_accepted",
            "contract/test_shipbob.py::test_a_false_yes_is_contradicted_by_the_order_and_by_the_timeline",
        ),
    ),
    Failure(
        "A3",
        "a cancel is accepted after the goods were picked",
        (
            "contract/test_generic_3pl.py::test_picked_goods_cannot_be_stopped_by_the_system_alone",
            "contract/test_shiphero.py::test_a_cancel_of_goods_that_were_picked_meanwhile_settles_nothing",
        ),
    ),
    Failure(
        "A4",
        "accepted now, shipped later",
        (
            "statemachines/test_departures.py::test_a_late_shipment_signal_wakes_the_leg_that_waits_for_a_person",
            "contract/test_shiphero.py::test_a_cancelled_order_that_ships_all_the_same_is_shipped",
        ),
    ),
    Failure(
        "A5",
        "no answer at all",
        (
            "statemachines/test_answers.py::test_a_silent_warehouse_becomes_a_p2_exception_with_owner_deadline_and_next_action",
            "statemachines/test_late_words.py::test_a_late_no_after_a_persons_word_stops_the_money",
        ),
    ),
    Failure(
        "A6",
        "the cancelled work comes back as new work",
        (
            "statemachines/test_store.py::test_work_that_comes_back_after_the_cancel_is_stopped_too_and_paid_back_once",
            "statemachines/test_store.py::test_work_that_comes_back_again_and_again_is_a_p1",
            "contract/test_shipbob.py::test_work_that_comes_back_at_once_is_no_stop",
            "contract/test_shipstation.py::test_work_that_comes_back_at_once_is_no_stop",
        ),
    ),
    Failure(
        "A7",
        "a hold ends by itself",
        ("contract/test_shipstation.py::test_shipstation_takes_no_holds_and_is_not_called_for_one",),
    ),
    Failure(
        "A8",
        "somebody else releases our hold",
        (
            "statemachines/test_doings_of_others.py::test_our_hold_that_somebody_lets_go_of_is_placed_again_while_the_leg_waits",
            "statemachines/test_doings_of_others.py::test_who_always_lets_go_of_our_hold_is_somebody_to_talk_to",
            "statemachines/test_intake.py::test_somebody_else_who_releases_our_hold_is_noticed_and_it_is_placed_again",
        ),
    ),
    Failure(
        "A9",
        "no more holds can be placed",
        (
            "contract/test_shopify.py::test_an_eleventh_hold_of_one_app_is_refused",
            "statemachines/test_store.py::test_a_hold_that_cannot_be_placed_does_not_stand_in_the_way",
        ),
    ),
    Failure(
        "A10",
        "a hold was placed although the answer was an error",
        (
            "contract/test_shiphero.py::test_a_hold_whose_answer_was_lost_is_found_and_is_still_ours_to_release",
            "contract/test_shopify.py::test_a_hold_is_placed_once_and_released_by_its_handle",
        ),
    ),
    Failure(
        "A11",
        "the work was moved, merged or split in between",
        (
            "statemachines/test_doings_of_others.py::test_work_that_was_moved_is_held_at_once_and_stopped_at_both_places",
            "statemachines/test_doings_of_others.py::test_a_part_that_was_split_off_is_a_piece_of_work_of_its_own",
            "statemachines/test_doings_of_others.py::test_work_that_was_merged_is_stopped_where_it_went",
            "statemachines/test_doings_of_others.py::test_a_move_that_nobody_told_of_is_found_before_the_cancel",
        ),
    ),
    Failure(
        "A12",
        "a cancellation request is neither accepted nor rejected",
        (
            "contract/test_shopify_service.py::test_a_request_that_the_shop_only_says_it_took_stays_without_an_answer",
            "statemachines/test_doings_of_others.py::test_an_answer_whose_message_was_lost_is_found_before_the_silence",
        ),
    ),
    Failure(
        "A13",
        "the request's status does not change when the cancellation is asked for",
        (
            "contract/test_shopify_service.py::test_a_request_is_accepted_first_and_its_status_says_nothing_until_the_service_has_spoken",
            "contract/test_shopify_service.py::test_nothing_is_ever_asked_twice",
        ),
    ),
    Failure(
        "A14",
        "the order system has no request protocol for this place",
        (
            "contract/test_shopify_service.py::test_work_of_the_merchants_own_has_no_such_request",
            "statemachines/test_answers.py::test_a_place_without_a_connection_waits_for_a_person",
        ),
    ),
    Failure(
        "A15",
        "the order is in a picker's tote",
        ("contract/test_shiphero.py::test_begun_work_is_not_cancelled_under_the_pickers_hands",),
    ),
    Failure(
        "A16",
        '"shipped" means that a label was printed',
        (
            "statemachines/test_departures.py::test_a_label_is_no_departure_and_asks_for_the_goods_to_be_held_back",
            "contract/test_generic_3pl.py::test_a_label_is_reported_and_is_no_departure",
            "unit/handlers/test_shipbob_door.py::test_a_label_is_reported_and_is_no_departure",
            "contract/test_shipbob.py::test_a_completed_shipment_that_no_carrier_took_has_not_left",
        ),
    ),
    Failure(
        "A17",
        "marked as shipped in the store, and no carrier has seen it",
        (
            "statemachines/test_carriers.py::test_a_shipment_that_no_carrier_has_scanned_is_still_stopped_and_its_label_voided",
            "contract/test_shopify_webhooks.py::test_a_fulfillment_is_a_shipment_that_has_left_when_the_carrier_says_so",
            "contract/test_shiphero.py::test_an_order_marked_as_fulfilled_without_a_parcel_is_unknown",
        ),
    ),
    Failure(
        "A18",
        "a fulfillment is cancelled that was delivered",
        (
            "unit/handlers/test_shipbob_door.py::test_a_delivery_is_a_departure",
            "statemachines/test_paths.py::test_work_that_the_store_still_lists_and_that_has_left_becomes_a_return",
        ),
    ),
    Failure(
        "A19",
        "the warehouse imported the order twice",
        (
            "contract/test_shiphero.py::test_a_copy_of_the_order_is_stopped_with_it",
            "contract/test_shipbob.py::test_an_order_that_was_imported_twice_is_stopped_in_both_copies",
        ),
    ),
    Failure(
        "A20",
        "the stop is there before the order",
        (
            "contract/test_generic_3pl.py::test_a_stop_for_an_order_that_is_not_there_yet_catches_it_when_it_is_imported",
            "contract/test_shiphero.py::test_an_order_that_was_not_imported_yet_is_unknown_and_nothing_is_claimed",
        ),
    ),
    Failure(
        "A21",
        "one order leaves from several places",
        (
            "statemachines/test_paths.py::test_two_legs_with_different_ends_make_one_honest_outcome",
            "statemachines/test_money.py::test_no_money_moves_before_the_last_leg_is_proven",
        ),
    ),
    Failure(
        "A22",
        "a label cannot be voided any more",
        (
            "statemachines/test_carriers.py::test_a_label_that_proves_to_be_used_is_a_departure_and_no_stop_is_sent",
            "statemachines/test_carriers.py::test_a_label_outside_the_void_period_is_a_note_for_finance_and_no_obstacle",
        ),
    ),
    Failure(
        "A23",
        "an intercept is asked for and may not happen",
        (
            "statemachines/test_carriers.py::test_a_request_that_was_taken_and_not_carried_out_is_a_shipment_with_a_return_and_no_refund",
            "statemachines/test_carriers.py::test_it_left_with_ups_is_intercepted_on_the_way_comes_back_and_is_refunded_once",
        ),
    ),
    Failure(
        "A24",
        "an intercepted parcel is returned as well",
        (
            "statemachines/test_doings_of_others.py::test_a_line_that_comes_back_by_somebodys_return_is_not_paid_by_the_case_as_well",
            "statemachines/test_carriers.py::test_after_a_leak_the_carrier_can_be_asked_and_nothing_is_paid_twice",
        ),
    ),
    Failure(
        "A25",
        "it ships after it was stopped",
        (
            "statemachines/test_departures.py::test_after_closing_a_shipment_signal_reopens_the_case_as_p1",
            "statemachines/test_late_words.py::test_a_late_no_that_says_it_left_is_a_leak",
            "statemachines/test_called_legs.py::test_a_leak_is_raised_at_once_though_a_person_is_asked_about_the_case",
        ),
    ),
    Failure(
        "A26",
        'the customer was told "cancelled" too early',
        (
            "statemachines/test_tickets.py::test_an_order_that_left_is_never_called_cancelled_on_its_ticket",
            "unit/application/test_customer_texts.py::test_only_what_was_stopped_is_called_cancelled",
        ),
    ),
    Failure(
        "A27",
        "the goods are picked between the look and the stop",
        (
            "statemachines/test_answers.py::test_picking_that_begins_after_the_reading_is_noticed_by_the_answer",
            "statemachines/test_late_words.py::test_work_that_begins_after_a_system_cancel_has_ended_its_leg_stops_the_money",
            "contract/test_shiphero.py::test_goods_picked_between_the_look_and_the_cancel_are_told_with_the_answer",
        ),
    ),
    Failure(
        "B1",
        "the message about a refund overtakes the answer to it",
        ("statemachines/test_intake.py::test_an_echo_that_overtakes_the_answer_to_our_own_call_is_ignored_too",),
    ),
    Failure(
        "B2",
        "two people refund at once",
        (
            "contract/test_ledger.py::test_of_two_cases_that_decide_on_the_same_book_one_moves_money",
            "statemachines/test_people.py::test_two_people_who_answer_at_once_are_one_answer",
            "statemachines/test_marketplace.py::test_a_second_run_that_finds_the_intent_of_the_first_reads_back_and_asks_for_nothing",
        ),
    ),
    Failure(
        "B3",
        "the payment system has forgotten the idempotency key",
        (
            "contract/test_stripe.py::test_a_refund_asked_again_acts_once_even_when_stripe_forgot_the_key",
            "contract/test_stripe_peers.py::test_a_refund_is_found_again_by_its_metadata_where_no_idempotency_key_helps",
        ),
    ),
    Failure(
        "B4",
        "a key repeats a failure that was kept under it",
        (
            "contract/test_stripe.py::test_a_failure_that_stripe_keeps_under_a_key_is_got_round_once_a_reading_shows_no_effect",
        ),
    ),
    Failure(
        "B5",
        "the idempotency key never leaves the client",
        (
            "contract/test_stripe.py::test_the_key_and_the_pinned_version_are_on_the_wire",
            "contract/test_shopify.py::test_a_refund_without_a_key_is_refused",
        ),
    ),
    Failure(
        "B6",
        "a cancel's answer is lost, and it has no key",
        ("contract/test_shopify.py::test_a_cancel_whose_answer_is_lost_is_found_again",),
    ),
    Failure(
        "B7",
        "part of the money was paid back by hand before",
        (
            "statemachines/test_money.py::test_a_line_that_was_partly_paid_back_by_hand_is_finances",
            "contract/test_amazon_refunds.py::test_what_somebody_else_has_paid_back_is_not_paid_again",
            "statemachines/test_money.py::test_what_somebody_else_has_paid_back_is_not_paid_again",
            "statemachines/test_money.py::test_what_others_paid_back_of_a_part_of_what_is_due_is_a_question_and_is_not_paid_again",
            "contract/test_stripe.py::test_more_than_the_net_payment_is_refused_without_a_call",
        ),
    ),
    Failure(
        "B8",
        "a refund succeeds and fails later",
        (
            "statemachines/test_refund_signals.py::test_a_refund_that_fails_after_the_case_is_closed_becomes_finances_once",
        ),
    ),
    Failure(
        "B9",
        "a pending refund is taken for a failed one",
        ("statemachines/test_money.py::test_a_pending_refund_is_waited_for_and_never_asked_twice",),
    ),
    Failure(
        "B10",
        "a message is answered and lost",
        (
            "unit/handlers/test_receive_webhook.py::test_a_queue_that_does_not_take_the_message_is_not_answered_yes",
            "unit/handlers/test_receive_stripe.py::test_an_authentic_event_is_kept_byte_for_byte_and_queued_before_it_is_answered",
        ),
    ),
    Failure(
        "B11",
        "money is captured between reading and voiding",
        (
            "statemachines/test_money.py::test_money_that_is_captured_between_reading_and_voiding_is_refunded",
            "statemachines/test_money.py::test_money_that_is_taken_while_the_money_is_looked_at_is_not_settled_over",
        ),
    ),
    Failure(
        "B12",
        "an authorisation has expired, or there are several",
        (
            "contract/test_stripe.py::test_an_authorisation_that_expired_is_neither_open_nor_paid_back",
            "contract/test_stripe.py::test_every_payment_of_the_order_is_read",
        ),
    ),
    Failure(
        "B13",
        "part of an authorisation is captured",
        (
            "contract/test_stripe.py::test_what_can_still_be_captured_beside_a_capture_stays_open",
            "contract/test_stripe.py::test_a_void_of_what_is_left_keeps_what_was_captured",
        ),
    ),
    Failure(
        "B14",
        "several captures of one payment",
        ("contract/test_shopify.py::test_several_payments_get_back_what_each_still_holds",),
    ),
    Failure(
        "B15",
        "several tenders pay one order",
        ("contract/test_stripe.py::test_one_move_over_two_payments_is_one_refund_of_each_and_its_lines_count_once",),
    ),
    Failure(
        "B16",
        "store credit was given, and the card is asked for",
        ("contract/test_stripe.py::test_after_a_full_refund_by_somebody_else_nothing_is_left_to_refund",),
    ),
    Failure(
        "B17",
        "a dispute is open",
        (
            "statemachines/test_doings_of_others.py::test_a_dispute_that_opens_before_the_money_holds_it_and_its_end_lets_it_go",
            "statemachines/test_money.py::test_an_open_dispute_keeps_the_money_where_it_is",
            "contract/test_stripe.py::test_while_a_dispute_is_open_or_lost_no_refund_is_asked_for",
        ),
    ),
    Failure(
        "B18",
        "two systems refund",
        (
            "contract/test_amazon_refunds.py::test_what_somebody_else_has_paid_back_is_not_paid_again",
            "statemachines/test_money.py::test_what_somebody_else_has_paid_back_is_not_paid_again",
            "contract/test_shopify.py::test_a_refund_by_another_app_in_between_is_seen_by_the_shop",
        ),
    ),
    Failure(
        "B19",
        "tax and shipping are worked out wrongly",
        (
            "contract/test_shopify.py::test_a_part_is_quoted_at_its_price_without_shipping",
            "contract/test_stripe.py::test_lines_are_priced_by_the_order_system_and_paid_back_by_stripe",
        ),
    ),
    Failure(
        "B20",
        "goods are put back into stock twice",
        (
            "statemachines/test_lines.py::test_unpicked_goods_are_for_sale_again_once",
            "statemachines/test_lines.py::test_picked_goods_are_counted_by_the_warehouse_that_puts_them_back",
        ),
    ),
    Failure(
        "B21",
        "the location to restock is gone",
        ("contract/test_shopify.py::test_a_deactivated_location_is_cancelled_without_restocking",),
    ),
    Failure(
        "B22",
        "an instalment payment cannot be cancelled after capture",
        ("contract/test_shopify.py::test_a_captured_authorisation_is_not_voided",),
    ),
    Failure(
        "B23",
        "an unshipped Amazon order is refunded",
        (
            "contract/test_amazon.py::test_no_money_moves_for_an_order_that_has_not_shipped",
            "contract/test_amazon.py::test_the_desk_has_no_way_to_pay_for_an_amazon_order",
        ),
    ),
    Failure(
        "B24",
        "an Amazon refund is not visible yet",
        ("contract/test_amazon_refunds.py::test_a_refund_that_is_not_shown_is_pending_for_ever_and_never_sent_again",),
    ),
    Failure(
        "B25",
        "nothing was ever paid",
        ("statemachines/test_money.py::test_an_order_that_was_never_paid_needs_no_money",),
    ),
    Failure(
        "B26",
        "amounts in different currencies",
        (
            "contract/test_stripe.py::test_an_order_paid_in_two_currencies_has_no_sum",
            "contract/test_stripe.py::test_amounts_are_read_and_sent_in_the_currencys_own_smallest_unit",
        ),
    ),
    Failure(
        "B27",
        "refunded in full, and still in the shipping queue",
        ("statemachines/test_money.py::test_no_money_moves_before_the_last_leg_is_proven",),
    ),
    Failure(
        "C1",
        "a message comes twice",
        (
            "statemachines/test_intake.py::test_the_same_delivery_again_changes_nothing",
            "property/test_invariants.py::test_any_order_and_duplication_of_deliveries_leaves_the_invariants_standing",
        ),
    ),
    Failure(
        "C2",
        "messages come in the wrong order",
        (
            "statemachines/test_departures.py::test_goods_that_leave_after_the_stop_and_before_the_money_are_not_paid_for",
            "statemachines/test_store.py::test_an_order_that_arrives_after_the_wish_is_parked_and_stopped",
            "contract/test_generic_3pl.py::test_events_can_arrive_in_the_wrong_order",
        ),
    ),
    Failure(
        "C3",
        "a message never comes",
        (
            "contract/test_amazon_sweep.py::test_a_buyers_cancel_whose_notification_was_lost_opens_a_case",
            "contract/test_amazon_sweep.py::test_all_pages_are_read_and_then_the_watermark_moves",
        ),
    ),
    Failure(
        "C4",
        "a message about no change",
        (
            "statemachines/test_doings_of_others.py::test_a_message_without_a_change_is_recorded_once_at_most",
            "unit/handlers/test_ticket_doors.py::test_a_ticket_that_is_saved_again_unchanged_is_the_same_wish",
        ),
    ),
    Failure(
        "C5",
        "a forged message",
        (
            "unit/handlers/test_receive_stripe.py::test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept",
            "unit/handlers/test_receive_webhook.py::test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept",
            "unit/handlers/test_receive_webhook_shiphero.py::test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept",
            "unit/handlers/test_shipbob_door.py::test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept",
            "unit/handlers/test_shipstation_door.py::test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept",
            "unit/handlers/test_ticket_doors.py::test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept",
            "unit/handlers/test_shipstation_door.py::test_a_label_of_another_account_is_not_believed_and_shown_to_a_person",
        ),
    ),
    Failure(
        "C6",
        "a secret is being rotated",
        (
            "contract/test_generic_3pl.py::test_the_old_secret_still_opens_the_door_while_secrets_rotate",
            "unit/handlers/test_receive_webhook.py::test_the_old_and_the_new_secret_fit_while_they_are_rotated",
        ),
    ),
    Failure(
        "C7",
        "our own doing comes back as a message",
        ("statemachines/test_intake.py::test_our_own_echo_is_ignored",),
    ),
    Failure(
        "C8",
        "the same wish on several channels",
        ("statemachines/test_intake.py::test_the_same_wish_on_two_channels_is_one_case",),
    ),
    Failure(
        "C9",
        "the customer changes his mind",
        (
            "statemachines/test_store.py::test_a_wish_that_is_taken_back_lets_go_of_the_first_hold",
            "statemachines/test_people.py::test_a_wish_cannot_be_taken_back_for_goods_that_are_stopped",
        ),
    ),
    Failure(
        "C10",
        "an address change and a cancel at once",
        (
            "statemachines/test_doings_of_others.py::test_lines_that_somebody_else_took_off_are_no_work_elsewhere",
            "contract/test_ledger.py::test_an_order_is_taken_by_one_case_at_a_time",
        ),
    ),
    Failure(
        "C11",
        "a buyer's flag is a text in one place and a truth value in the other",
        (
            "contract/test_amazon_notifications.py::test_amazons_sample_of_a_buyers_cancel_is_an_official_wish",
            "contract/test_amazon_notifications.py::test_an_item_without_the_flag_is_not_asked_for",
        ),
    ),
    Failure(
        "C12",
        "an order enters the warehouse although its cancel was asked for",
        (
            "contract/test_generic_3pl.py::test_a_stop_for_an_order_that_is_not_there_yet_catches_it_when_it_is_imported",
        ),
    ),
    Failure(
        "C13",
        "a buyer asks by message instead of the official way",
        ("statemachines/test_marketplace.py::test_a_wish_by_message_is_answered_with_the_way_to_the_official_button",),
    ),
    Failure(
        "C14",
        "a wrong reason is told to the marketplace",
        (
            "statemachines/test_marketplace.py::test_what_the_case_cannot_show_is_not_told_but_asked",
            "contract/test_amazon.py::test_a_buyers_reason_that_amazon_has_no_request_for_is_never_sent",
        ),
    ),
    Failure(
        "C15",
        "a feed is accepted, and one item failed in it",
        (
            "contract/test_amazon.py::test_one_refused_item_refuses_the_cancel_although_the_other_is_gone",
            "contract/test_amazon.py::test_a_refused_item_is_a_refusal_in_amazons_own_words",
        ),
    ),
    Failure(
        "C16",
        "a reason has side effects on the channel",
        why_not="No channel whose reasons change stock or ratings by themselves (eBay, Walmart) is connected; what Amazon is told is weighed first (C14).",
    ),
    Failure(
        "C17",
        "an agent repeats its call",
        (
            "unit/handlers/test_desk_api.py::test_the_same_wish_again_is_one_wish",
            "statemachines/test_previews.py::test_an_answer_sent_twice_is_one_answer",
            "statemachines/test_previews.py::test_an_approval_is_of_one_plan_and_a_changed_one_needs_another",
        ),
    ),
    Failure(
        "C18",
        "a text tries to command",
        (
            "statemachines/test_mail.py::test_what_is_no_cancel_is_kept_for_a_person_and_not_answered",
            "unit/handlers/test_ticket_doors.py::test_what_people_write_on_a_ticket_decides_nothing",
        ),
    ),
)

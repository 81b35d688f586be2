Feature: Staff ship
  As the merchant
  I want to see an order and ship it
  So that the customer gets it and knows where it is

  Background:
    Given a guest ordered 3 of "Linen throw" on invoice

  Scenario: The whole order goes out at once
    When I ship 3 with "postnord" and the tracking number "SE123456789"
    Then the order is fulfilled
    And the customer gets a mail with the tracking number "SE123456789"

  Scenario: The order goes out in two parcels
    When I ship 1 with "dhl" and the tracking number "DHL1"
    Then the order is partially fulfilled
    When I ship 2 with "dhl" and the tracking number "DHL2"
    Then the order is fulfilled
    And the customer has got 2 mails about parcels

  Scenario: A customer may not open the back office
    Given I am only a customer
    When I open the back office
    Then I am told that I may not
